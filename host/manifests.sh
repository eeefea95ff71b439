#!/bin/sh
# Sourced by check.sh: which files the copy holds, and what their manifests say of them.
# shellcheck disable=SC2154,SC2034 # check.sh has its names

# list_files: files, directories and symlinks, each a line of name, time of the last change, size and inode number; a
# directory's third is the time of the last change of its names.
list_files() {
  step find "$scratch" -path "$scratch/.remount" -prune -o -type f -fprintf "$work/files.0" '%C@ %s %i %P\0' -o \
    -type d -fprintf "$work/directories.0" '%C@ %T@ %i %P\0' -o -type l -fprintf "$work/links.0" '%C@ 0 %i %P\0' \
    2>"$work/said" || fail_on "$work/said"
  for kind in files directories links; do
    list sed -z "$encode; s/^\([^ ]*\) \([^ ]*\) \([^ ]*\) \(.*\)\$/\4$tab\1$tab\2$tab\3/" "$work/$kind.0" >"$work/$kind.1"
    list tr '\0' '\n' <"$work/$kind.1" >"$work/$kind.2"
    in_order "$work/$kind.2" "$work/$kind"
    rm -f "$work/$kind".[012]
  done
}

# in_order <file> <sorted file>: by name.
in_order() { list sort -t "$tab" -k 1,1 -S 64M -T "$work" -o "$2" "$1"; }

# names_in <list> <file>: the names of a list, each with something before it, as they are, each ended by NUL.
names_in() {
  list cut -f 1 "$1" >"$2.1"
  list tr '\n' '\0' <"$2.1" >"$2.2"
  list sed -z "$decode; s,^,$3," "$2.2" >"$2"
  rm -f "$2".[12]
}

# list_promises: what the manifests list, each a line of name, checksum, manifest, and - or the name as it stands there. A
# line that is none stands for its manifest.
list_promises() {
  list sed -n "/^courses\/[^/]*\/manifest\.sha256$tab/p" "$work/files" >"$work/manifests.0"
  manifests=$(grep -c . "$work/manifests.0")
  names_in "$work/manifests.0" "$work/manifests" ./
  read_manifests >"$work/promises.1" 2>"$work/said" || fail_on "$work/said"
  # An empty manifest has no line that could be malformed. It is right where nothing else is in the course.
  # shellcheck disable=SC2016
  list awk -F "$tab" '
    FNR == 1 { pass++ }
    split($1, part, "/") < 3 || part[1] != "courses" { next }
    $1 == "courses/" part[2] "/manifest.sha256" { if (pass == 1 && $3 == 0) empty[part[2]] = $1; next }
    pass == 2 && part[2] in empty { print empty[part[2]] "\tempty\t" empty[part[2]] "\t-"; delete empty[part[2]] }
  ' "$work/files" "$work/files" >>"$work/promises.1"
  odd=$(grep -c "^${tab}odd" "$work/promises.1")
  list sed -i "/^${tab}odd/d" "$work/promises.1"
  in_order "$work/promises.1" "$work/promises"
  list join -t "$tab" -v 2 "$work/files" "$work/promises" >"$work/elsewhere"
  turn_slashes
  follow_names
  list join -t "$tab" -a 1 -e - -o 0,1.2,1.3,2.2,2.3,2.4,1.4 "$work/files" "$work/promises" >"$work/plan"
  list join -t "$tab" -v 2 "$work/files" "$work/promises" >"$work/missing"
  rm -f "$work/promises" "$work/promises.1" "$work/manifests"*
}

# read_manifests: prints the promises of all manifests, as `sha256sum --check` reads them (GNU coreutils, src/digest.c:
# split_3, bsd_split_3): comments; "sum  name", "sum *name", "sum name"; "SHA256 (name) = sum"; and with a byte order mark. What
# leads to another file on each host (- is standard input), or is the manifest itself, whose sum nobody can write into it, is odd.
# So is a text in which no line is one, or nearly: sums of another kind, JSON, UTF-16. It was no manifest when it was uploaded.
# A line that is none is damage beside one that is, and so is what is no text, as zeros are. Whole lines that end with NUL are no manifest.
read_manifests() {
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
    # Neither ./ nor // leads anywhere else.
    function tidy(name) {
      gsub(/\/\/+/, "/", name)
      while (sub(/\/\.\//, "/", name)) ;
      while (sub(/^\.\//, "", name)) ;
      return name
    }
    # Sets name and sum. @returns whether the line is one
    function split_line(line,   marked, at, rest) {
      sub(/^[ \t]+/, "", line)
      marked = sub(/^\\/, "", line)
      if (line ~ /^SHA256 ?\(/) {
        sub(/^SHA256 ?\(/, "", line)
        if (!match(line, /\)[ \t]*=[ \t]*[0-9A-Fa-f]+$/)) return 0
        # The last bracket ends the name, which may have some of its own.
        name = substr(line, 1, RSTART - 1); rest = substr(line, RSTART + 1)
        sub(/^[ \t]*=[ \t]*/, "", rest)
        sum = rest
      } else {
        at = match(line, /[ \t]/)
        if (at != 65) return 0
        sum = substr(line, 1, 64); rest = substr(line, 66)
        # As BSD does it, with one blank; then all lines of the manifest have one.
        if (!single && length(rest) > 1 && rest ~ /^[ *]/) { double = 1; rest = substr(rest, 2) }
        else if (double) return 0
        else single = 1
        name = rest
      }
      if (marked) name = unescaped(name)
      sum = tolower(sum)
      return length(sum) == 64 && sum !~ /[^0-9a-f]/ && name != ""
    }
    function digits(text) { return gsub(/[0-9A-Fa-f]/, "", text) }
    # Whether it lacks no more than a few flipped bits to be a line.
    function nearly(line) {
      sub(/^[ \t]*\\?/, "", line)
      if (line ~ /^(.HA256|S.A256|SH.256|SHA.56|SHA2.6|SHA25.)/) return digits(substr(line, length(line) - 63)) > 61
      # Longer sums have digits beyond.
      return digits(substr(line, 1, 64)) > 61 && digits(substr(line, 65, 32)) < 32
    }
    # Of what was not understood in it.
    function end_manifest() {
      if (malformed && !understood && text) print "\todd\t" manifest
      else if (malformed) print manifest "\tmalformed\t" manifest "\t-"
    }
    BEGIN { nul = sprintf("%c", 0) }
    FNR == 1 {
      end_manifest()
      single = double = malformed = understood = 0
      text = 1; armour = ""
      # UTF-16, whose bytes are no text here.
      wide = /^(\377\376|\376\377)/
      sub(/^\357\273\277/, "")
      manifest = encoded(substr(FILENAME, 3)); course = manifest; sub(/manifest\.sha256$/, "", course)
    }
    /^#/ { next }
    {
      line = $0
      sub(/\r$/, "", line)
      # Around a text that was signed (RFC 9580, section 7): no lines of it.
      if (line == "-----BEGIN PGP SIGNED MESSAGE-----") armour = "^$"
      if (line == "-----BEGIN PGP SIGNATURE-----") armour = "^-----END PGP SIGNATURE-----$"
      if (armour != "") { if (line ~ armour) armour = ""; next }
      if (line == "") next
      # As sha256sum --zero ends lines, which sha256sum itself does not read again; or it is no text. No name has a NUL in it.
      zeros = index(line, nul)
      if (zeros > 67 && FNR == 1 && substr(line, length(line)) == nul && nearly(line)) { malformed = 1; next }
      if (zeros || !split_line(line)) {
        malformed = 1
        if (nearly(line)) understood = 1
        if (!wide && line ~ /[^\t\f -~\200-\377]/) text = 0
        next
      }
      understood = 1
      input = name == "-"
      name = tidy(name)
      if (input || name ~ /^\// || name == "manifest.sha256") print "\todd\t" manifest
      else print course encoded(name) "\t" sum "\t" manifest "\t-"
    }
    END { end_manifest() }'
}

# turn_slashes: what is promised of no file by that name, with backslashes between its folders as Windows has them, may be of one.
turn_slashes() {
  grep -qF "\\" "$work/elsewhere" || return 0
  # shellcheck disable=SC2016
  list awk -F "$tab" -v OFS="$tab" '
    FILENAME ~ /\/elsewhere$/ {
      if (index(to = $1, "\\") == 0) next
      gsub(/\\/, "/", to)
      while (sub(/\/\.\//, "/", to)) ;
      of[to] = $1
      next
    }
    FILENAME ~ /\/files$/ { if ($1 in of) turned[of[$1]] = $1; next }
    { if ($1 in turned) $1 = turned[$1]; print }
  ' "$work/elsewhere" "$work/files" "$work/promises" >"$work/promises.1"
  in_order "$work/promises.1" "$work/promises"
  list join -t "$tab" -v 2 "$work/files" "$work/promises" >"$work/elsewhere"
}

# follow_names: what is promised of no file by that name may lead to one over a symlink or `..`. What leads out of the volume,
# or to what is not content, is odd.
follow_names() {
  if [ ! -s "$work/links" ] && ! grep -qF '/../' "$work/elsewhere"; then return 0; fi
  names_in "$work/elsewhere" "$work/names" "$scratch/"
  # One that cannot be followed ends in an empty name.
  # shellcheck disable=SC2016 # the inner shell's own parameters
  step xargs -0 -r -a "$work/names" realpath -m -z -- >"$work/followed.0" 2>"$work/said" ||
    step xargs -0 -r -n 1 -a "$work/names" sh -c 'realpath -m -z -- "$1" || printf "\0"' sh >"$work/followed.0" 2>"$work/said"
  list sed -z "$encode" "$work/followed.0" >"$work/followed.1"
  list tr '\0' '\n' <"$work/followed.1" >"$work/followed"
  list paste "$work/elsewhere" "$work/followed" >"$work/led"
  : >"$work/led.odd"
  # shellcheck disable=SC2016
  list awk -F "$tab" -v within="$(realpath -m -- "$scratch")/" -v odd="$work/led.odd" '
    index($5, within) != 1 || index($5, within ".remount/") == 1 || $5 == within $3 { print >odd; next }
    { to = substr($5, length(within) + 1); print to "\t" $2 "\t" $3 "\t" (to == $1 ? "-" : $1) }
  ' "$work/led" >"$work/led.1"
  odd=$((odd + $(grep -c . "$work/led.odd")))
  list join -t "$tab" -j 1 -o 2.1,2.2,2.3,2.4 "$work/files" "$work/promises" >"$work/led.2"
  list cat "$work/led.1" "$work/led.2" >"$work/led.3"
  in_order "$work/led.3" "$work/promises"
  rm -f "$work/led"* "$work/followed"* "$work/names"
}
