/**
 * The worker that ships with core, as one file without imports. It has no plugins of its own: the page names their URLs. The
 * page's `engine` options come before the engine is made, the URL of the runtime's module (`runtime.url`) among them.
 */
import { serve } from './serve.ts';

serve([]);
