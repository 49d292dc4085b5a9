// Projects that are compiled: a program, a library of its own with which it is compiled again, tests of both, and
// dependencies from a registry.

import type { Project } from './ordinary.ts';

const lines = (...text: string[]) => `${text.join('\n')}\n`;
const ofTools = { harmless: {}, broken: {} };

/** `packages`: paths of Go packages, each imported by the program's tests or the program. */
export function moduleWithTests(packages: readonly string[]): Project {
  return {
    ...ofTools,
    manager: 'go',
    files: {
      'go.mod': lines('module example.com/app', '', 'go 1.22'),
      'main.go': lines(
        ...['package main', ''],
        ...packages.map((each) => `import _ "${each}"`),
        ...['', 'import "example.com/app/lib"', '', 'func main() { println(lib.One()) }'],
      ),
      'main_test.go': lines(
        ...['package main', '', 'import "testing"', '', 'import "example.com/app/lib"', ''],
        ...['func TestMain1(t *testing.T) {', '\tif lib.One() != 1 {', '\t\tt.Fatal("not one")', '\t}', '}'],
      ),
      'lib/lib.go': lines('package lib', '', 'func One() int { return 1 }'),
      'lib/lib_test.go': lines(
        ...['package lib', '', 'import "testing"', ''],
        ...['func TestOne(t *testing.T) {', '\tif One() != 1 {', '\t\tt.Fatal("not one")', '\t}', '}'],
      ),
    },
    lock: ['go', 'mod', 'tidy', '-e'],
    locks: ['go.mod', 'go.sum'],
    verify: 'go vet ./... && go test ./...',
  };
}

/** `crates`: what stands after `name =` in Cargo.toml. */
export function crateWithTests(crates: Readonly<Record<string, string>>): Project {
  const manifest = (name: string) => ['[package]', `name = "${name}"`, 'version = "1.0.0"', 'edition = "2021"', ''];
  const dependencies = Object.entries(crates).map(([name, value]) => `${name} = ${value}`);
  return {
    ...ofTools,
    manager: 'cargo',
    files: {
      'Cargo.toml': lines('[workspace]', 'members = ["app", "lib"]', 'resolver = "2"'),
      'app/Cargo.toml': lines(...manifest('app'), '[dependencies]', 'lib = { path = "../lib" }', ...dependencies),
      'app/build.rs': 'fn main() { println!("cargo:rerun-if-changed=build.rs"); }\n',
      'app/src/main.rs': lines(
        ...Object.keys(crates).map((name) => `use ${name} as _;`),
        'fn main() { assert_eq!(lib::one(), 1); }',
        '#[test] fn one() { assert_eq!(lib::one(), 1); }',
      ),
      'lib/Cargo.toml': lines(...manifest('lib')),
      'lib/src/lib.rs': lines('pub fn one() -> i32 { 1 }', '#[test] fn is_one() { assert_eq!(one(), 1); }'),
      '.gitignore': 'target\n',
    },
    lock: ['cargo', 'generate-lockfile', '--quiet'],
    locks: ['Cargo.lock'],
    verify: 'cargo test --offline --workspace',
  };
}
