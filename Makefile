# Every target is one call of tools.run, which installs what is missing and shows progress.

PYTHON ?= python3
RUN := $(PYTHON) -m tools.run
# More than there are processors: some tests mostly wait.
PARALLEL := --numprocesses=4

# The environment carries them past the shell, so that spaces and quotes in names are safe.
export REFERENCE CHALLENGE
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-payload fuzz soak lint bench bench-cold-start bench-throughput package fmt docs requirements clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \2/p' Makefile | awk '{ printf "  %s %-17s", $$1, $$2; $$1 = $$2 = ""; print }'

demo: ## Compare real faces on this machine; your own with REFERENCE=a.jpg CHALLENGE="b.jpg c.jpg"
	@$(RUN) --with terraform python -m local.demo

test: ## Run every test: unit, zip, native (Terraform and OpenTofu), local stack (ARGS="-k name" for some)
	@$(RUN) --with terraform,tofu python -m pytest $(PARALLEL) $(ARGS)

test-payload: ## Run the function's tests alone, in a minute; under another Python with PYTHON=python3.13
	@$(RUN) --with "" python -m pytest tests/unit/payload tests/unit/test_package.py $(ARGS)

fuzz: ## Hostile events, 100,000 of each kind (some hours)
	@FACE_COMPARE_EXAMPLES=100000 $(RUN) --with "" python -m pytest tests/unit/payload/test_hostile.py

soak: ## Half an hour of good, bad and hostile requests on the local stack (ARGS="--seconds 300" for less)
	@$(RUN) --with terraform python -m local.soak $(ARGS)

lint: ## Check formats, configurations (checkov too), types and the README's tables
	@$(RUN) python -m tools.lint

bench: ## Run every benchmark in a short form
	@$(RUN) --with "" python -m benchmarks.cold_start --rounds 8
	@$(RUN) --with "" python -m benchmarks.overhead --invocations 1000
	@$(RUN) --with "" python -m benchmarks.many_targets --rounds 2
	@$(RUN) --with terraform python -m benchmarks.throughput --seconds 24

bench-cold-start: ## Measure the cold start beside boto3's and Powertools', in full
	@$(RUN) --with "" python -m benchmarks.cold_start

bench-throughput: ## Measure the use of the quota by 2,000 uploads each at 5 and 50 TPS (10 minutes)
	@$(RUN) --with terraform python -m benchmarks.throughput

package: ## Build lambda/face_compare.zip
	@$(RUN) --with "" python -m tools.package

fmt: ## Format Terraform and Python
	@$(RUN) --with terraform bash -c 'terraform fmt -recursive && ruff format . && ruff check --fix .'

docs: ## Write the README's tables of inputs and outputs
	@$(RUN) --with terraform-docs terraform-docs .

requirements: ## Pin the newest Python packages that agree
	@$(PYTHON) -m tools.requirements

clean: ## Remove what was generated here (the tools in the cache stay)
	@rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache demo-report.html demo-report.json
	@find . -name .git -prune -o \( -name __pycache__ -o -name .terraform -o -name .terraform.lock.hcl \) -prune -exec rm -rf {} +
