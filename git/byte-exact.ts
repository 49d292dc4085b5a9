/**
 * For a repository's `info/attributes`: files are stored and checked out byte for byte, ignoring the tree's own line
 * endings, idents, encodings and filters.
 */
export const byteExact = '* -text !eol -ident -filter !working-tree-encoding\n';
