// The scripts that `coppice completion` prints. Each passes the words of the line to the program and uses its answer.

const bash = `# coppice: source <(coppice completion bash)
_coppice() {
  # Not compgen -W, which would expand what it is given.
  mapfile -t COMPREPLY < <(coppice complete-words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _coppice coppice
`;

const zsh = `#compdef coppice
# coppice: source <(coppice completion zsh)
_coppice() {
  local -a candidates
  # Without quotes around it all: no answer is an empty array, and files are offered.
  candidates=(\${(f)"$(coppice complete-words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a candidates || _files
}
compdef _coppice coppice
`;

const fish = `# coppice: coppice completion fish > ~/.config/fish/completions/coppice.fish
function __coppice_complete
  set -l words (commandline -opc) (commandline -ct)
  coppice complete-words -- $words[2..-1] 2>/dev/null
end
complete -c coppice -a '(__coppice_complete)'
`;

export const completionScripts = { bash, zsh, fish } as const;
