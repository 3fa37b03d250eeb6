/** The summary of a job in GitHub Actions: a file to which Markdown is added. */
import { appendFileSync, statSync } from 'node:fs';
import { MARKDOWN_LIMIT, markdownText } from '../render/markdown.ts';
import type { RunReport } from '../render/run-report.ts';

/** Of the summary of one step; a larger one is not shown at all. */
const LIMIT = 1024 * 1024;

/** Undefined outside of a job. */
export function summaryWriter(
  env: Readonly<Record<string, string | undefined>>,
): ((report: RunReport) => void) | undefined {
  const path = env.GITHUB_STEP_SUMMARY;
  if (!path) return undefined;
  return (report) => {
    const there = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const room = LIMIT - there - 1;
    // A summary that has no room left for half a page is left alone: the log has all of it.
    if (room < MARKDOWN_LIMIT / 16) return;
    try {
      appendFileSync(path, `${markdownText(report, room)}\n`);
    } catch (error) {
      process.stderr.write(`warning: the summary of the job cannot be written: ${String(error)}\n`);
    }
  };
}
