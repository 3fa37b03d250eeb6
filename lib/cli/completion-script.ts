/** Completion for shells: each asks `run __complete` what may stand at the end of the line. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

// Bash takes words apart at `=` and `:` and replaces the last part alone, so that is all it may be given.
const BASH = `# Completion of run for bash: eval "$(run completion bash)" in ~/.bashrc
_run_complete() {
  local line="\${COMP_LINE:0:COMP_POINT}" part="\${COMP_WORDS[COMP_CWORD]}" word rest
  local -a words
  read -ra words <<<"$line"
  [[ "$line" == *[[:space:]] ]] && words+=('')
  word="\${words[\${#words[@]}-1]}"
  words[\${#words[@]}-1]="\${word#[\\"\\']}"
  word="\${words[\${#words[@]}-1]}"
  part="\${part#[\\"\\']}"
  [[ "$part" == [=:] ]] && part=
  rest="\${word%"$part"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("\${word#"$rest"}")
  done < <("\${words[0]/#\\~/$HOME}" __complete "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _run_complete run
`;

const ZSH = `#compdef run
# Completion of run for zsh: source <(run completion zsh) in ~/.zshrc, after compinit
_run() {
  local line value about
  local -a values shown
  for line in "\${(@f)$("\${(Q)words[1]/#\\~/$HOME}" __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z "$line" ]] && continue
    value="\${line%%$'\\t'*}"
    about="\${line#"$value"}"
    values+=("$value")
    shown+=("$value\${about:+  \${about#$'\\t'}}")
  done
  if (( \${#values} )); then
    compadd -l -d shown -a values
  else
    _files
  fi
}
compdef _run run
`;

const FISH = `# Completion of run for fish: run completion fish > ~/.config/fish/completions/run.fish
function __run_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    set -e words[1]
    set -l found ($program __complete $words "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c run -f -a '(__run_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
