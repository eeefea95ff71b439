#!/bin/sh
# Sourced by check.sh: which files the copy holds, and what their manifests say of them.
# shellcheck disable=SC2154 # what check.sh sets

# list_files: files and directories, each a line of name, time of the last change, size.
list_files() {
  step find "$scratch" -path "$scratch/.remount" -prune -o -type f -fprintf "$work/files.0" '%C@ %s %P\0' -o \
    -type d -fprintf "$work/directories.0" '%C@ %s %P\0' 2>"$work/said" || fail_on "$work/said"
  for kind in files directories; do
    list sed -z "$encode; s/^\([^ ]*\) \([^ ]*\) \(.*\)\$/\3$tab\1$tab\2/" "$work/$kind.0" >"$work/$kind.1"
    list tr '\0' '\n' <"$work/$kind.1" >"$work/$kind.2"
    in_order "$work/$kind.2" "$work/$kind"
    rm -f "$work/$kind".[012]
  done
}

# in_order <file> <sorted file>: by name.
in_order() { list sort -t "$tab" -k 1,1 -S 64M -T "$work" -o "$2" "$1"; }

# list_promises: what the manifests list, each a line of name, checksum. A line that is none stands for its manifest.
list_promises() {
  list sed -n "s,^\(courses/[^/]*/manifest\.sha256\)$tab.*,./\1,p" "$work/files" >"$work/manifests.1"
  list tr '\n' '\0' <"$work/manifests.1" >"$work/manifests.2"
  list sed -z "$decode" "$work/manifests.2" >"$work/manifests"
  # shellcheck disable=SC2016 # awk's own variables
  step env -C "$scratch" xargs -0 -r -a "$work/manifests" awk '
    function encoded(text) {
      gsub(/%/, "%25", text); gsub(/\t/, "%09", text); gsub(/\n/, "%0A", text)
      gsub(/\r/, "%0D", text)
      return text
    }
    # sha256sum(1) marks a line with a backslash when its name holds a backslash, a newline or a carriage return.
    function unescaped(text,   out, at, two) {
      out = ""
      while ((at = index(text, "\\")) > 0) {
        two = substr(text, at + 1, 1)
        out = out substr(text, 1, at - 1) (two == "n" ? "\n" : two == "r" ? "\r" : two)
        text = substr(text, at + 2)
      }
      return out text
    }
    FNR == 1 { manifest = encoded(substr(FILENAME, 3)); course = manifest; sub(/manifest\.sha256$/, "", course) }
    {
      line = $0
      if (sub(/^\\/, "", line)) name = unescaped(substr(line, 67))
      else { sub(/\r$/, "", line); name = substr(line, 67) }
      if (line == "") next
      sum = tolower(substr(line, 1, 64))
      sub(/^\.\//, "", name)
      if (length(sum) == 64 && sum !~ /[^0-9a-f]/ && substr(line, 65, 2) ~ /^ [ *]$/ && name != "")
        print course encoded(name) "\t" sum
      else print manifest "\tmalformed"
    }' >"$work/promises.1" 2>"$work/said" || fail_on "$work/said"
  # An empty manifest has no line that could be malformed. It is right where nothing else is in the course.
  # shellcheck disable=SC2016
  list awk -F "$tab" '
    FNR == 1 { pass++ }
    split($1, part, "/") < 3 || part[1] != "courses" { next }
    $1 == "courses/" part[2] "/manifest.sha256" { if (pass == 1 && $3 == 0) empty[part[2]] = $1; next }
    pass == 2 && part[2] in empty { print empty[part[2]] "\tempty"; delete empty[part[2]] }
  ' "$work/files" "$work/files" >>"$work/promises.1"
  in_order "$work/promises.1" "$work/promises"
  list join -t "$tab" -a 1 -e - -o 0,1.2,1.3,2.2 "$work/files" "$work/promises" >"$work/plan"
  list join -t "$tab" -v 2 "$work/files" "$work/promises" >"$work/missing"
  rm -f "$work/promises" "$work/promises.1" "$work/manifests"*
}
