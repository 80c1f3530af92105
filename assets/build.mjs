// Builds the front end: sources in assets/ → src/chartkeep/web/static/dist (or the folder given as the first argument).
//
// Every file gets the hash of its content into its name and is listed in manifest.json, which the
// template tag {% asset "app.js" %} reads. Compressed twins lie beside large text files.
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(HERE);
const OUT = resolve(process.argv[2] ?? join(ROOT, "src/chartkeep/web/static/dist"));
const ENTRIES = ["app", "open", "scan", "passkeys", "upload", "share"];
const COMPRESSED = new Set([".js", ".css", ".svg", ".wasm"]);

const manifest = {};

function keep(name, content) {
  const extension = extname(name);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const hashed = `${basename(name, extension)}-${hash}${extension}`;
  writeFileSync(join(OUT, hashed), content);
  manifest[name] = hashed;
}

async function scripts() {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES.map((name) => `assets/${name}.js`),
    outdir: OUT,
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["es2022"],
    minify: true,
    sourcemap: false,
    legalComments: "none",
    entryNames: "[name]-[hash]",
    chunkNames: "shared-[hash]",
    assetNames: "[name]-[hash]",
    publicPath: "/static/",
    loader: { ".wasm": "file" },
    metafile: true,
    logLevel: "warning",
  });
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (output.entryPoint) manifest[basename(output.entryPoint)] = basename(path);
  }
}

function styles() {
  const cli = createRequire(import.meta.url).resolve("@tailwindcss/cli/package.json");
  const program = join(dirname(cli), "dist/index.mjs");
  const css = execFileSync(process.execPath, [program, "--input", "assets/app.css", "--minify"], {
    cwd: ROOT,
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "ignore"],
  });
  keep("app.css", css);
}

// One sprite from assets/icons/*.svg: <symbol id="name"> each, drawn with the text's colour.
function icons() {
  const symbols = readdirSync(join(HERE, "icons")).filter((name) => name.endsWith(".svg")).sort().map((name) => {
    const svg = readFileSync(join(HERE, "icons", name), "utf8");
    const [, viewBox] = svg.match(/viewBox="([^"]+)"/);
    const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
    return `<symbol id="${basename(name, ".svg")}" viewBox="${viewBox}">${inner}</symbol>`;
  });
  keep("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
  keep("logo.svg", readFileSync(join(HERE, "logo.svg")));
}

function compress() {
  for (const name of readdirSync(OUT)) {
    const path = join(OUT, name);
    if (!COMPRESSED.has(extname(name)) || statSync(path).size < 1024) continue;
    const content = readFileSync(path);
    if (/sourceMappingURL/.test(content.subarray(-400).toString("latin1"))) throw new Error(`${name} names a source map`);
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
await scripts();
styles();
icons();
compress();
writeFileSync(join(OUT, "manifest.json"), JSON.stringify(manifest, null, 1));
console.log(`${Object.keys(manifest).length} assets → ${relative(ROOT, OUT) || OUT}`);
