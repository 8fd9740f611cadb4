// Verifies a log of ours with Go's own sumdb code, which knows nothing of Hauberk.
//
// Usage: go_sumdb LOG CLAIMS
//
// LOG is the folder of a log in tlog-tiles layout. CLAIMS is a JSON file: the verifier key, the origin, and the
// proofs that we made. Everything is verified: signature, root (out of the tiles, which Go checks one by one), every
// entry against its leaf, every proof, and that Go makes the same proofs byte for byte. Exits with 1 and one line on
// stderr where anything fails, else prints one line of counts.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Index int64    `json:"index"`
	Path  []string `json:"path"`
}

type consistency struct {
	OldSize int64    `json:"old_size"`
	OldRoot string   `json:"old_root"`
	Path    []string `json:"path"`
}

type claims struct {
	Key         string        `json:"key"`
	Origin      string        `json:"origin"`
	Inclusion   []inclusion   `json:"inclusion"`
	Consistency []consistency `json:"consistency"`
}

// tiles reads the tiles of a log for tlog.TileHashReader.
type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		// Go writes the height into the path, tlog-tiles does not.
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func hash(text string) tlog.Hash {
	value, err := tlog.ParseHash(text)
	check(err)
	return value
}

func hashes(texts []string) []tlog.Hash {
	var values []tlog.Hash
	for _, text := range texts {
		values = append(values, hash(text))
	}
	return values
}

func same(what string, theirs, ours []tlog.Hash) {
	if fmt.Sprint(theirs) != fmt.Sprint(ours) {
		check(fmt.Errorf("%s: Go makes another proof", what))
	}
}

// checkpoint verifies the signed note and reads the tree out of it.
func checkpoint(folder string, said claims) tlog.Tree {
	verifier, err := note.NewVerifier(said.Key)
	check(err)
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	check(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != said.Origin {
		check(fmt.Errorf("not a checkpoint of %s: %q", said.Origin, opened.Text))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	return tlog.Tree{N: size, Hash: hash(lines[2])}
}

// entries verifies every entry against the leaf of its index.
func entries(folder string, tree tlog.Tree, reader tlog.HashReader) {
	var data []byte
	for index := int64(0); index < tree.N; index++ {
		if index%256 == 0 {
			width := tree.N - index
			if width > 256 {
				width = 256
			}
			path := tlog.Tile{H: 8, L: 0, N: index / 256, W: int(width)}.Path()
			path = strings.Replace(path, "tile/8/0/", "tile/entries/", 1)
			read, err := os.ReadFile(filepath.Join(folder, path))
			check(err)
			if len(data) != 0 {
				check(fmt.Errorf("%d bytes after the last entry of a bundle", len(data)))
			}
			data = read
		}
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			check(fmt.Errorf("entry %d is cut short", index))
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		check(err)
		if tlog.RecordHash(data[2:end]) != leaf[0] {
			check(fmt.Errorf("entry %d is not that of its leaf", index))
		}
		data = data[end:]
	}
	if len(data) != 0 {
		check(fmt.Errorf("%d bytes after the last entry", len(data)))
	}
}

func main() {
	folder := os.Args[1]
	text, err := os.ReadFile(os.Args[2])
	check(err)
	var said claims
	check(json.Unmarshal(text, &said))
	tree := checkpoint(folder, said)
	reader := tlog.TileHashReader(tree, tiles{folder})
	root, err := tlog.TreeHash(tree.N, reader)
	check(err)
	if root != tree.Hash {
		check(fmt.Errorf("the tiles make root %s", base64.StdEncoding.EncodeToString(root[:])))
	}
	entries(folder, tree, reader)
	for _, claim := range said.Inclusion {
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, claim.Index)})
		check(err)
		check(tlog.CheckRecord(hashes(claim.Path), tree.N, tree.Hash, claim.Index, leaf[0]))
		proof, err := tlog.ProveRecord(tree.N, claim.Index, reader)
		check(err)
		same(fmt.Sprintf("entry %d", claim.Index), proof, hashes(claim.Path))
	}
	for _, claim := range said.Consistency {
		check(tlog.CheckTree(hashes(claim.Path), tree.N, tree.Hash, claim.OldSize, hash(claim.OldRoot)))
		proof, err := tlog.ProveTree(tree.N, claim.OldSize, reader)
		check(err)
		same(fmt.Sprintf("size %d", claim.OldSize), proof, hashes(claim.Path))
	}
	fmt.Printf("%d entries, %d inclusion, %d consistency\n", tree.N, len(said.Inclusion), len(said.Consistency))
}
