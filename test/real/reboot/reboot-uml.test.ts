/** The task `reboot` on a host with a kernel of its own. */
import { rebootTries } from '../../fixture/reboot-tries.ts';

rebootTries('reboot, own kernel', { driver: 'uml' });
