export type * from './value.ts';
export { apply, constant, input, node, shaped } from './build.ts';
export * from './ops.ts';
export { instantiate, type Bindings, type NamedGraph } from './instantiate.ts';
export { readOnnx, type FileInput, type FileNode, type OnnxFile } from './onnx/read.ts';
export { writeOnnx, writtenOpset } from './onnx/write.ts';
export { print } from './print.ts';
export { nodesOf, outputsOf, rewrite, topological } from './walk.ts';
export { axisOf, numberOf, numbersOf, onnxTypes, reach, windowOf, wordOf, type Window } from './shapes/index.ts';
export {
  lowerConvTranspose,
  withoutConvTranspose,
  type ConvTransposeForm,
  type ConvTransposeSite,
} from './passes/lower-conv-transpose.ts';
export { resizeByMatrices, resizeScales } from './passes/lower-resize.ts';
