# Flattens JSON to lines "path<TAB>value": links.0.id, meta.role. Each object also gives "{path}<TAB>its text",
# compact as written. Strings lose their quotes and keep \uXXXX escapes; enough for a config drive.
{ text = text $0 "\n" }
END { position = 1; value("") }

function blank() { while (index(" \t\r\n", substr(text, position, 1)) && position <= length(text)) position++ }
function child(path, key) { return path == "" ? key : path "." key }

function string(    start, character, out) {
    position++
    out = ""
    for (;;) {
        start = position
        while ((character = substr(text, position, 1)) != "\"" && character != "\\" && character != "") position++
        out = out substr(text, start, position - start)
        if (character != "\\") { position++; return out }
        character = substr(text, position + 1, 1)
        # A newline would forge a second line of output.
        out = out (character == "u" || character == "n" || character == "r" ? "\\" character : character)
        position += 2
    }
}
function value(path,    start, character, key, number) {
    blank()
    start = position
    character = substr(text, position, 1)
    if (character == "{" || character == "[") {
        position++
        number = 0
        for (blank(); index("}]", substr(text, position, 1)) == 0 && position <= length(text); blank()) {
            if (substr(text, position, 1) == ",") { position++; blank() }
            if (character == "{") { key = string(); blank(); position++ } else key = number++
            value(child(path, key))
        }
        position++
        if (character == "{") { key = substr(text, start, position - start); gsub(/\n */, "", key); print "{" path "}\t" key }
    } else if (character == "\"") print path "\t" string()
    else {
        while (index(",]} \t\r\n", substr(text, position, 1)) == 0 && position <= length(text)) position++
        print path "\t" substr(text, start, position - start)
    }
}
