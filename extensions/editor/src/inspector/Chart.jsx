// A simple chart of a table: its first column of numbers as bars, up to four as lines.

const WIDTH = 340;
const HEIGHT = 150;
const LEFT = 44;
const BOTTOM = 18;
const MAX_LINES = 4;
const COLOURS = ["var(--ff-accent)", "var(--ff-good)", "var(--ff-warn)", "var(--ff-word)"];

const numbers = (table) => table.columns.map((column, at) => ({ name: column.name, at })).filter(({ at }) => table.rows.some((row) => typeof row[at] === "number") && table.rows.every((row) => row[at] === null || row[at] === undefined || typeof row[at] === "number"));

export const canChart = (table) => table.rows.length > 1 && numbers(table).length > 0;

export function Chart({ table }) {
  const series = numbers(table).slice(0, MAX_LINES);
  const label = table.columns.findIndex((_column, at) => table.rows.some((row) => typeof row[at] === "string"));
  const all = series.flatMap(({ at }) => table.rows.map((row) => row[at] ?? 0));
  const low = Math.min(0, ...all);
  const high = Math.max(...all, low + 1e-9);
  const y = (value) => 8 + (1 - (value - low) / (high - low)) * (HEIGHT - BOTTOM - 8);
  const step = (WIDTH - LEFT - 6) / table.rows.length;
  const x = (index) => LEFT + (index + 0.5) * step;
  const isBars = series.length === 1 && table.rows.length <= 40;
  return (
    <figure className="ff-chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Chart of ${series.map((one) => one.name).join(", ")}`}>
        {[low, (low + high) / 2, high].map((value) => <g key={value}><line x1={LEFT} x2={WIDTH - 6} y1={y(value)} y2={y(value)} className="ff-chart-grid" /><text x={LEFT - 5} y={y(value) + 3.5} textAnchor="end">{short(value)}</text></g>)}
        {isBars ? table.rows.map((row, index) => <rect key={index} x={x(index) - step * 0.38} width={Math.max(step * 0.76, 1)} y={Math.min(y(row[series[0].at] ?? 0), y(0))} height={Math.max(Math.abs(y(row[series[0].at] ?? 0) - y(0)), 0.5)} fill={COLOURS[0]} rx="1"><title>{`${label >= 0 ? row[label] : index + 1}: ${row[series[0].at]}`}</title></rect>)
          : series.map(({ name, at }, index) => <polyline key={name} fill="none" stroke={COLOURS[index]} strokeWidth="1.6" strokeDasharray={index ? `${2 + index * 2} 2` : undefined} points={table.rows.map((row, i) => `${x(i)},${y(row[at] ?? 0)}`).join(" ")} />)}
        <text x={LEFT} y={HEIGHT - 4}>{label >= 0 ? String(table.rows[0][label]).slice(0, 18) : "1"}</text>
        <text x={WIDTH - 6} y={HEIGHT - 4} textAnchor="end">{label >= 0 ? String(table.rows.at(-1)[label]).slice(0, 18) : table.rows.length}</text>
      </svg>
      <figcaption>{series.map(({ name }, index) => <span key={name}><i style={{ background: COLOURS[index] }} />{name}</span>)}</figcaption>
    </figure>
  );
}

const short = (value) => (Math.abs(value) >= 1e6 ? `${(value / 1e6).toPrecision(3)} M` : Math.abs(value) >= 1e4 ? `${Math.round(value / 1e3)} k` : String(Number(value.toPrecision(3))));
