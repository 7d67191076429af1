import { serve } from '@sightline/core/worker';
import plugins from 'virtual:plugins';

serve(plugins);
