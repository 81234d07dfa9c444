// encoding/json: a line of a style's number and a document in base64 comes in, the document as it is written goes out.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		style, document, _ := strings.Cut(lines.Text(), " ")
		text, err := base64.StdEncoding.DecodeString(document)
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(out, base64.StdEncoding.EncodeToString(written(style, text)))
	}
}

func written(style string, text []byte) []byte {
	var out bytes.Buffer
	var err error
	encoder := json.NewEncoder(&out)
	switch style {
	case "0": // what a handler passes on unparsed: its order stays
		var marshalled []byte
		marshalled, err = json.Marshal(json.RawMessage(text))
		out.Write(marshalled)
	case "1": // maps are sorted, and numbers are doubles
		var marshalled []byte
		marshalled, err = json.Marshal(parsed(text, false))
		out.Write(marshalled)
	case "2":
		var marshalled []byte
		marshalled, err = json.MarshalIndent(parsed(text, true), "", "  ")
		out.Write(marshalled)
	case "3": // an Encoder ends with a newline
		err = encoder.Encode(parsed(text, true))
	case "4":
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(json.RawMessage(text))
	case "5":
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "\t")
		err = encoder.Encode(parsed(text, true))
	default:
		panic(style)
	}
	if err != nil {
		panic(err)
	}
	return out.Bytes()
}

func parsed(text []byte, keepNumbers bool) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if keepNumbers {
		decoder.UseNumber()
	}
	var value any
	if err := decoder.Decode(&value); err != nil {
		panic(err)
	}
	return value
}
