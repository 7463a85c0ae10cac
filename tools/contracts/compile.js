// Compiles the range's own contracts. Beside each X.sol an X.json is written: for every contract defined in that file
// that can be deployed, by name, its abi and its creation bytecode. The same sources give the same bytes on every run.
// Usage: node compile.js [Name.sol ...]; without a name, all.
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const FOLDER = path.join(__dirname, "..", "..", "src", "tocsin", "exercise", "contracts");
const LIBRARIES = path.join(__dirname, "node_modules");
const SETTINGS = {
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 200 },
  metadata: { bytecodeHash: "none" },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
};

const source = (name) => fs.readFileSync(path.join(name.startsWith("@") ? LIBRARIES : FOLDER, name), "utf8");

function imported(name) {
  try {
    return { contents: source(name) };
  } catch (error) {
    return { error: error.message };
  }
}

const isOurs = (message) => !((message.sourceLocation || {}).file || "").startsWith("@");

// Each file is compiled by itself, so that its bytecode depends on nothing but what it imports.
function compile(name) {
  const input = { language: "Solidity", sources: { [name]: { content: source(name) } }, settings: SETTINGS };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: imported }));
  const faults = (output.errors || []).filter((each) => each.severity === "error" || isOurs(each));
  if (faults.length) throw new Error(faults.map((each) => each.formattedMessage).join("\n"));
  return (output.contracts || {})[name] || {};
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

function artefacts(contracts) {
  const deployable = Object.entries(contracts).filter(([, made]) => made.evm.bytecode.object);
  return Object.fromEntries(deployable.map(([name, made]) => [name, { abi: made.abi, bytecode: made.evm.bytecode.object }]));
}

function write(name) {
  const text = JSON.stringify(sorted(artefacts(compile(name)))) + "\n";
  fs.writeFileSync(path.join(FOLDER, name.replace(/\.sol$/, ".json")), text);
  console.log(`${name}: ${Object.keys(JSON.parse(text)).join(", ") || "nothing to deploy"}`);
}

const asked = process.argv.slice(2);
const names = asked.length ? asked : fs.readdirSync(FOLDER).filter((name) => name.endsWith(".sol")).sort();
try {
  names.forEach(write);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
