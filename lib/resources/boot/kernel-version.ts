/** Versions of kernels, compared as their packages are. */

/** The newest of these that would boot instead of the running one: of its flavour (`amd64`, `cloud-amd64`), and newer. */
export function newerKernel(running: string, installed: readonly string[]): string | undefined {
  const own = partsOf(running);
  return installed
    .filter((each) => partsOf(each).flavour === own.flavour && compareKernels(each, running) > 0)
    .sort(compareKernels)
    .at(-1);
}

export function compareKernels(a: string, b: string): number {
  const [left, right] = [partsOf(a).numbers, partsOf(b).numbers];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `6.1.0-25-cloud-amd64`: its numbers, and the words. */
function partsOf(version: string): { readonly numbers: readonly number[]; readonly flavour: string } {
  const words = version.split(/[.\-+~_]/);
  return {
    numbers: words.filter((word) => /^\d+$/.test(word)).map(Number),
    flavour: words.filter((word) => !/^\d+$/.test(word)).join('-'),
  };
}
