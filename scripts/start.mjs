/** npm start: installs and builds what is missing, then serves the playground on http://localhost:8080 (PORT overrides). */
import { basename, join } from 'node:path';
import { foldersWith, root } from './lib/packages.mjs';
import { build, install } from './lib/run.mjs';
import { serve } from './serve.mjs';

await install();
// A page needs no declarations.
await build({ types: false });

const port = Number(process.env.PORT ?? 8080);
if (!Number.isInteger(port) || port < 0 || port > 65535)
  throw new Error(`PORT must be a port number, not ${process.env.PORT}`);
const examples = foldersWith('examples', 'index.html');
const folders = Object.fromEntries(examples.map((dir) => [`/examples/${basename(dir)}/`, join(dir, 'dist')]));
const { url } = await serve({ '/': join(root, 'examples/playground/dist'), ...folders }, port);
console.log(`\nThe playground is at ${url}`);
for (const prefix of Object.keys(folders))
  if (!prefix.includes('playground')) console.log(`An example is at ${url}${prefix}`);
console.log('Ctrl+C ends it.');
