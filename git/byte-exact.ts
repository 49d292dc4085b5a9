/**
 * For `info/attributes` of a repository: files are stored and checked out byte for byte, without line endings, idents,
 * encodings or filters of the tree's own.
 */
export const byteExact = '* -text !eol -ident -filter !working-tree-encoding\n';
