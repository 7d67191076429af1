// Writes packages/core/src/graph/onnx/generated from onnx.proto. The result is committed: run this when onnx.proto changes.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'packages/core/src/graph/onnx');
const template = {
  version: 'v2',
  plugins: [
    {
      local: join(root, 'node_modules/.bin/protoc-gen-es'),
      out: 'generated',
      opt: ['target=js+dts', 'import_extension=js'],
    },
  ],
};
execFileSync(join(root, 'node_modules/.bin/buf'), ['generate', 'onnx.proto', '--template', JSON.stringify(template)], {
  cwd: folder,
  stdio: 'inherit',
});
