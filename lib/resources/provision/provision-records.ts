/** The records of a host: looked at, or those of some runbooks taken away. */
import { sh } from '../../base/sh.ts';
import type { Back, Resource } from '../../model/resource.ts';
import { type ProvisionState, provisionKind } from './provision-kind.ts';
import { EACH_FOLDER } from './provision-text.ts';

/** `forget`: paths of runbooks of the project. */
export function provisionRecords(wanted: {
  readonly project: string;
  readonly forget: readonly string[];
}): Resource<ProvisionState> {
  return {
    kind: provisionKind,
    key: 'provisioned:host',
    title: 'the record of what was provisioned',
    plan({ records }, _, now) {
      const gone = records.filter(
        ({ project, runbook }) => project === wanted.project && wanted.forget.includes(runbook),
      );
      if (gone.length === 0) return null;
      const left = records.filter((record) => !gone.includes(record));
      const files = gone.map(({ id }) => sh`"$tbd"/${id}.json`);
      const names = [...new Set(gone.map(({ runbook }) => runbook))];
      return {
        action: 'delete',
        summary: `forget ${names.join(', ')}`,
        diff: gone.map(({ runbook, time }) => ({ kind: 'field', name: runbook, from: time, to: '' })),
        after: { exists: left.length > 0, records: left },
        run: sh`${EACH_FOLDER} [ ! -d "$tbd" ] || rm -f ${files} || exit 1; done`,
        effects: [],
        opaque: false,
        inverse: 'yes',
        back: forgottenBack(
          gone.map(({ id }) => id),
          now,
        ),
      };
    },
  };
}

function forgottenBack(ids: readonly string[], now: number): Back {
  const kept = sh`"\${TB_BACKUP:?}"/${now}`;
  const files = ids.map((id) => `${id}.json`);
  return {
    save: sh`tbn=0; ${EACH_FOLDER} tbn=$((tbn+1)); for f in ${files}; do [ ! -e "$tbd/$f" ] || { mkdir -p ${kept}.$tbn && cp -a "$tbd/$f" ${kept}.$tbn/; } || exit 1; done; done`,
    restore: sh`tbn=0; ${EACH_FOLDER} tbn=$((tbn+1)); [ ! -d ${kept}.$tbn ] || cp -a ${kept}.$tbn/. "$tbd"/ || exit 1; done`,
  };
}
