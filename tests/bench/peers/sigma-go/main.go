// One Sigma engine of the outside world over one file of flat records: a line of output per match, as bench_match prints
// it. Rules that the library cannot read are named on standard error. Without routing: the library leaves that to its user.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bradleyjkemp/sigma-go"
	"github.com/bradleyjkemp/sigma-go/evaluator"
)

func readRules(folder string) []sigma.Rule {
	var rules []sigma.Rule
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yml") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rule, err := sigma.ParseRule(text)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			return nil
		}
		rules = append(rules, rule)
		return nil
	})
	return rules
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sigma-go RULES_FOLDER FILE")
		os.Exit(64)
	}
	bundle := evaluator.ForRules(readRules(os.Args[1]))
	file, err := os.Open(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	for number := 1; lines.Scan(); number++ {
		var event map[string]interface{}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		results, err := bundle.Matches(context.Background(), event)
		if err != nil && number == 1 {
			fmt.Fprintln(os.Stderr, err)
		}
		for _, result := range results {
			if result.Match {
				fmt.Fprintf(out, "%d\t%s\n", number, result.Rule.ID)
			}
		}
	}
}
