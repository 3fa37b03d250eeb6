/** What a policy begins as. */

/** A line of its own would look like an import of this module. */
const IMPORT = ['import { definePolicy }', "from 'tightbeam';"].join(' ');

export const STARTER_POLICY = `/** Sees every plan of this project before it is carried out: docs/review.md. */
${IMPORT}

export default definePolicy({
  summary: 'Nothing is deleted or stopped on hosts of the group frozen',
  review(plan) {
    return plan.hosts
      .filter(({ groups }) => groups.includes('frozen'))
      .flatMap(({ name, changes }) =>
        changes
          .filter(({ weight }) => weight === 'destructive')
          .map(({ step, key }) => ({ reason: 'this host is frozen', host: name, step, key })),
      );
  },
});
`;
