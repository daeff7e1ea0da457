# Thin: every target is an npm script; the work is in hack/*.ts.
.DEFAULT_GOAL := help
.PHONY: help demo up test e2e fuzz conformance bench bench-smoke mutate-alerts prove-routes prove-telemetry prove-orders prove-orders-short bench-orders budget telemetry-cost telemetry-cost-smoke load load-smoke prove-gate gate-check capacity cluster cluster-down demo-kubernetes lint synth format clean

STAMP := node_modules/.package-lock.json
$(STAMP): package.json package-lock.json $(wildcard */package.json)
	@npm install --no-audit --no-fund --loglevel=error >&2
	@touch $(STAMP)

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 20

demo: $(STAMP) ## the company's load straight at the APIs, then through the tiers: one table, then all is stopped
	@npm run --silent demo

up: $(STAMP) ## the company and all that watches it, as local processes: says where to look and what to try; Ctrl-C stops it
	@npm run --silent up

test: $(STAMP) ## unit and integration tests with real Redis, PostgreSQL and Kubernetes API server
	@npm run --silent test

e2e: $(STAMP) ## end-to-end tests on a real two-node cluster of this machine (needs root, or kind)
	@npm run --silent e2e

conformance: $(STAMP) ## http-cache-tests against the tier, httpd, Varnish and nginx, compared with what is committed
	@npm run --silent conformance

fuzz: $(STAMP) ## a million hostile requests to the fast path and to Node's HTTP server: both must read the same
	@npm run --silent fuzz

bench: $(STAMP) ## the tier, nginx, Varnish and httpd under the same load, side by side: one table, docs/benchmarks.md
	@npm run --silent bench

bench-smoke: $(STAMP) ## two rows of it in a few seconds, with generous floors: for continuous integration
	@npm run --silent bench -- --smoke

mutate-alerts: $(STAMP) ## every threshold, duration, label and selector of every alert rule changed: each change must be caught
	@npm run --silent mutate-alerts

prove-routes: $(STAMP) ## every alert reaches its receiver at every hour of the week
	@npm run --silent prove-routes

prove-telemetry: $(STAMP) ## the company runs, watched: traces, logs, panels, pages and mail are what is promised
	@npm run --silent prove-telemetry

prove-orders: $(STAMP) ## bad days of orders: every service, broker and database killed, messages late and doubled; nothing lost, nothing twice, everybody told once
	@npm run --silent prove-orders

prove-orders-short: $(STAMP) ## the same with 150 orders: for continuous integration
	@npm run --silent prove-orders -- --short

bench-orders: $(STAMP) ## what events of orders cost a write, transitions a second from commit to effect and to an operator's page, the relay over the size of the table
	@npm run --silent bench-orders

budget: $(STAMP) ## series, samples, log lines and spans of the company, and what they cost, against the budget
	@npm run --silent budget

load: $(STAMP) ## this tree and the revision before it under load in turns: is anything slower? exits 0, 1 or 2 (cannot tell)
	@npm run --silent load

prove-gate: $(STAMP) ## that gate catches a slowdown of 20 % and raises no false alarm: counted over real and simulated runs
	@npm run --silent prove-gate

gate-check: $(STAMP) ## the same in a minute, with recorded runs: for continuous integration
	@npm run --silent gate-check

capacity: $(STAMP) ## how much load each route takes, and in which month the order page breaks its promise
	@npm run --silent capacity

load-smoke: $(STAMP) ## half a minute of the company's users through the tiers, judged by what is promised
	@npm run --silent load-profile -- --profile smoke

telemetry-cost: $(STAMP) ## hits with metrics, traces and the log on against the same tier without: throughput and processor time
	@npm run --silent telemetry-cost

telemetry-cost-smoke: $(STAMP) ## the same in half a minute, with a generous floor: for continuous integration
	@npm run --silent telemetry-cost -- --smoke

cluster: $(STAMP) ## a two-node Kubernetes on this machine; prints the lines that export KUBECONFIG and, where it is not there yet, kubectl's PATH
	@npm run --silent cluster

cluster-down: $(STAMP) ## stop that cluster and remove what it left on the machine
	@npm run --silent cluster-down

demo-kubernetes: $(STAMP) ## the demo on that cluster: untouched APIs, then kubectl apply of two CacheTiers
	@npm run --silent demo-kubernetes

lint: $(STAMP) ## format, lint, types, dependency directions, drift of generated files
	@npm run --silent lint

synth: $(STAMP) ## write deploy/ and the generated reference from the sources
	@npm run --silent synth

format: $(STAMP) ## format the code
	@npm run --silent format

clean: ## remove what builds and runs left behind (ALEXANDRITE_CACHE stays; make clean CACHE=1 removes it too)
	@if [ -d node_modules ]; then npm run --silent clean -- $(if $(CACHE),--cache); fi
