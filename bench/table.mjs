/** Figures as a table in Markdown: medians, and the ratio of wall times to the floor. */
import { median } from './meter.mjs';

export function section(title, figures, floor) {
  const base = median(figures[floor].map(({ wall }) => wall));
  const rows = Object.entries(figures)
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => {
      const of = (field) => median(list.map((figure) => figure[field]));
      const wall = of('wall');
      return `| ${name} | ${wall.toFixed(2)} | ${(wall / base).toFixed(2)} × | ${Math.min(...list.map((figure) => figure.wall)).toFixed(2)} | ${of('cpu').toFixed(2)} | ${of('memory').toFixed(0)} | ${of('hostCpu').toFixed(2)} | ${list.length} |`;
    });
  return `### ${title}

| | wall, s | to \`${floor}\` | least wall, s | CPU here, s | memory here, MiB | CPU on the hosts, s | rounds |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
