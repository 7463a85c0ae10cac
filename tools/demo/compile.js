// Compiles the contracts beside this file and prints what is needed of them as JSON: by name, abi and bytecode.
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const folder = path.join(__dirname, "contracts");
const names = fs.readdirSync(folder).filter((name) => name.endsWith(".sol"));
const sources = Object.fromEntries(names.map((name) => [name, { content: fs.readFileSync(path.join(folder, name), "utf8") }]));
const settings = {
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 200 },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
};
const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings })));
const errors = (output.errors || []).filter((each) => each.severity === "error");
if (errors.length) {
  console.error(errors.map((each) => each.formattedMessage).join("\n"));
  process.exit(1);
}
const contracts = Object.assign({}, ...Object.values(output.contracts));
const needed = Object.entries(contracts).map(([name, made]) => [name, { abi: made.abi, bytecode: made.evm.bytecode.object }]);
console.log(JSON.stringify(Object.fromEntries(needed)));
