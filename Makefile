# Each target calls tools.run, which installs missing tools and packages first and shows its progress.

# The Python that starts the tools and runs the tests: 3.12 or later.
PYTHON ?= python3
RUN := $(PYTHON) -m tools.run
# Test processes. There are more than processors, because some tests mostly wait.
PARALLEL := --numprocesses=4

# These variables are passed in the environment, not on the command line: spaces and quotes in them are safe.
export REFERENCE CHALLENGE PORT RESULTS LABELS OUT FMR VERSION
export ACCOUNT CLEAN CONFIRM ENGINE FREE LOCAL ONLY WITH
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo playground acceptance threshold test test-payload test-botocore fuzz soak lint fmt docs pictures package bench bench-cold-start bench-throughput bench-threshold bench-upload requirements matrix release-check clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \2/p' Makefile | awk '{ printf "  %s %-17s", $$1, $$2; $$1 = $$2 = ""; print }'

demo: ## Compare real faces on this machine; for your own photos REFERENCE=a.jpg CHALLENGE="b.jpg c.jpg"
	@$(RUN) --with terraform python -m local.demo

playground: ## Compare photos on a page, until Ctrl-C; PORT=8080 if you want that port
	@$(RUN) --with terraform python -m local.playground

acceptance: ## Check on a real AWS account that the module works there (LOCAL=1 FREE=1 CLEAN=1: docs/acceptance.md)
	@$(RUN) --with "$${ENGINE:-terraform}" python -m acceptance

threshold: ## Recommend a threshold from labeled pairs: RESULTS=folder-or-s3-url LABELS=list.csv (OUT=name FMR=0.1)
	@$(RUN) --with "" python -m threshold "$$RESULTS" "$$LABELS" $${OUT:+--out "$$OUT"} $${FMR:+--fmr "$$FMR"} $(ARGS)

test: ## Run all tests, or some of them: ARGS="tests/unit" or ARGS="-k name"
	@$(RUN) --with terraform,tofu python -m pytest $(PARALLEL) $(ARGS)

test-payload: ## Run only the function's tests; PYTHON=python3.12 runs them under another Python
	@$(RUN) --with "" python -m pytest tests/unit/payload tests/unit/test_package.py $(ARGS)

test-botocore: ## Run the function's tests with each minor version of the AWS SDK since 1.35 (ARGS="1.35" for one)
	@$(RUN) --with "" python -m tools.sdk_versions $(ARGS)

fuzz: ## Try 100,000 hostile events of each kind (some hours)
	@FACE_COMPARE_EXAMPLES=100000 $(RUN) --with "" python -m pytest tests/unit/payload/test_hostile.py

matrix: ## Try every version of the engines and the provider at hand; more with ARGS="toolchain-folder …"
	@$(RUN) --with terraform,tofu python -m local.matrix $(ARGS)

soak: ## Send good, bad and hostile requests to the local stack for half an hour; less with ARGS="--seconds 300"
	@$(RUN) --with terraform python -m local.soak $(ARGS)

lint: ## Run all static checks, or some of them: ARGS="ruff mypy"
	@$(RUN) python -m tools.lint $(ARGS)

fmt: ## Format Terraform and Python
	@$(RUN) --with terraform bash -c 'terraform fmt -recursive && ruff format . && ruff check --fix .'

docs: ## Write the tables of inputs and outputs
	@$(RUN) --with terraform-docs terraform-docs .

pictures: ## Make the pictures of the documents again
	@FACE_COMPARE_PICTURES=1 $(RUN) --with terraform python -m pytest -k picture tests/unit/threshold tests/integration/test_playground.py

package: ## Build lambda/face_compare.zip and write its SHA-256 into the README
	@$(RUN) --with "" python -m tools.package

bench: ## Run every benchmark in a short form
	@$(RUN) --with "" python -m benchmarks.cold_start --rounds 8
	@$(RUN) --with "" python -m benchmarks.overhead --invocations 1000
	@$(RUN) --with "" python -m benchmarks.upload --rounds 3
	@$(RUN) --with terraform python -m benchmarks.throughput --seconds 24

bench-cold-start: ## Measure the cold start in full, compared with plain boto3 and Powertools
	@$(RUN) --with "" python -m benchmarks.cold_start

bench-throughput: ## Measure how 2,000 uploads use the quota, at 25 and at 100 calls per second (5 minutes)
	@$(RUN) --with terraform python -m benchmarks.throughput

bench-threshold: ## Measure how long a threshold report of a million pairs takes, and its memory
	@$(RUN) --with "" python -m benchmarks.threshold

bench-upload: ## Measure what an upload costs in CPU, now and before, and where it goes (3 minutes)
	@$(RUN) --with "" python -m benchmarks.upload

requirements: ## Pin the newest Python packages that work together
	@$(RUN) --with "" bash -c 'cd tools/requirements && for name in *.in; do echo "$$name"; \
		uv pip compile --quiet --upgrade --universal --python-version=3.12 --generate-hashes \
		--no-emit-index-url --no-header --output-file="$${name%.in}.txt" "$$name" || exit; done; \
		for name in botocore/*.txt; do echo "$$name"; line=$${name#*/}; \
		uv pip compile --quiet --upgrade --universal --python-version=3.12 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --output-file="$$name" - \
		<<<"boto3==$${line%.txt}.*" || exit; done'

release-check: ## Check that VERSION=0.1.0 can be released
	@$(RUN) --with terraform-docs python -m tools.release "$$VERSION"

clean: ## Remove generated files (the cache of tools and environments stays)
	@rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache acceptance-report.html acceptance-report.json demo-report.html demo-report.json threshold-report.html threshold-report.json
	@find . -name .git -prune -o \( -name __pycache__ -o -name .terraform -o -name .terraform.lock.hcl \) -prune -exec rm -rf {} +
