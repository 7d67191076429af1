/** How the tests start the Chromium that npm brings: WebGPU on SwiftShader (slow, but real shaders), and WebNN, which is real. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=WebMachineLearningNeuralNetwork',
];
