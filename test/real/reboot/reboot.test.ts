/** The task `reboot` on a container. */
import { rebootTries } from '../../fixture/reboot-tries.ts';

rebootTries('reboot', {});
