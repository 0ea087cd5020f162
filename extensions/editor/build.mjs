// Builds the screens into two ESM files, the second for what is not needed at first sight: editor.js and, beside
// it, editor-code.js. `node build.mjs [--watch] [--outfile=PATH]`.

import { context, transform } from "esbuild";
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const argument = (name) => process.argv.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3);
const outfile = argument("outfile") || join(here, "../../flowforge_lab/assets/editor.js");

/** Return the names and licence texts of every package that went into the bundle. */
function notices(metafile) {
  const used = new Set(
    Object.keys(metafile.inputs)
      .map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path))
      .filter(Boolean)
      .map((match) => match[0]),
  );
  const texts = [...used].sort().map((folder) => {
    const home = join(here, folder);
    const { name, version, license, author } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    const file = readdirSync(home).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(home, file), "utf8").trim() : `${license} licence. ${author?.name || author || ""}`.trim();
    return `${name} ${version} (${license})\n\n${text}`;
  });
  return `The node editor contains these packages.\n\n${texts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

// Style sheets are handed to the page as texts; esbuild leaves a text as it is.
const styles = {
  name: "styles",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    });
  },
};

const finish = {
  name: "finish",
  setup(build) {
    build.onEnd((result) => {
      if (result.errors.length) return;
      writeFileSync(`${outfile}.LEGAL.txt`, notices(result.metafile));
      for (const [path, { bytes }] of Object.entries(result.metafile.outputs)) {
        const packed = gzipSync(readFileSync(join(here, path)), { level: 9 }).length;
        console.log(`${path}: ${(bytes / 1024).toFixed(0)} kB, ${(packed / 1024).toFixed(0)} kB compressed`);
      }
    });
  },
};

mkdirSync(dirname(outfile), { recursive: true });
const name = basename(outfile, ".js");
const work = await context({
  absWorkingDir: here,
  entryPoints: [
    { in: join(here, "src/main.jsx"), out: name },
    { in: join(here, "src/code/box.js"), out: `${name}-code` },
  ],
  outdir: dirname(outfile),
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  plugins: [styles, finish],
});
if (process.argv.includes("--watch")) await work.watch();
else {
  await work.rebuild();
  await work.dispose();
}
