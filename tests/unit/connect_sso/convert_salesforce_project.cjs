"use strict";
// Reads a project with the library inside the Salesforce CLI and converts it to what `deploy` sends, offline.
// Arguments: the library's folder, the project's folder, a folder for the result.
const [library, project, result] = process.argv.slice(2);
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { ComponentSet, MetadataConverter } = require(library);
const settings = JSON.parse(readFileSync(join(project, "sfdx-project.json"), "utf8"));

(async () => {
  const folders = settings.packageDirectories.map((folder) => join(project, folder.path));
  const components = ComponentSet.fromSource({ fsPaths: folders });
  // As the command line does; without it the library asks the network which version is the newest.
  components.sourceApiVersion = settings.sourceApiVersion;
  const converted = await new MetadataConverter().convert(components, "metadata", {
    type: "directory",
    outputDirectory: result,
    genUniqueDir: false,
  });
  const found = [];
  for (const component of components.getSourceComponents()) {
    found.push({ type: component.type.name, name: component.fullName, keys: Object.keys(Object.values(await component.parseXml())[0]) });
  }
  process.stdout.write(JSON.stringify({ packagePath: converted.packagePath, components: found }));
})().catch((error) => {
  process.stderr.write(String(error.stack || error));
  process.exitCode = 1;
});
