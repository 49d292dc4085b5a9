// The files whose text shows what a repository needs of a sandbox.

const names =
  /^(?:(?:GNUm|m|M)akefile|CMakeLists\.txt|meson\.build|package\.json|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|Cargo\.toml|pyproject\.toml|[\w-]*requirements[\w-]*\.txt|\.tool-versions|\.gitattributes|\.gitmodules|[\w.-]+\.(?:ba|da|z)?sh)$/;
/** Programs without an ending, where repositories keep their scripts. */
const script =
  /^(?:\.?ci|bin|script|scripts|tools|hack|build|dev)\/(?:[\w-]+\/)?[\w-]+$|^[\w-]+$|^\.cargo\/config(?:\.toml)?$|^requirements\/\w+\.txt$/;
const passedOver = /(?:^|\/)(?:node_modules|vendor|third[_-]?party|external|examples?|fixtures?|testdata)\//i;
const maxDepth = 4;

export function showsNeeds(path: string): boolean {
  if (passedOver.test(path) || path.split('/').length > maxDepth) return false;
  return names.test(path.slice(path.lastIndexOf('/') + 1)) || script.test(path);
}
