import { serve } from '@sightline/core/worker';
import backends from 'virtual:backends';
import plugins from 'virtual:plugins';

serve([...plugins, ...backends]);
