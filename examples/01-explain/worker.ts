import { serve } from '@sightline/core/worker';
import liftCam from '@sightline/method-lift-cam';
import deletion from '@sightline/metric-deletion';

serve([liftCam, deletion]);
