# Every target is one call of tools.run, which installs what is missing and shows progress.

PYTHON ?= python3
RUN := $(PYTHON) -m tools.run

export REFERENCE CHALLENGE
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint package fmt docs requirements clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 22

demo: ## Compare real faces through the deployed function, on this machine (REFERENCE=a.jpg CHALLENGE="b.jpg c.jpg" for your own)
	@$(RUN) --with terraform python -m local.demo

test: ## Run every test: unit, zip, native (Terraform and OpenTofu), local stack
	@$(RUN) --with terraform,tofu python -m pytest

lint: ## Check formats, configurations, types and the generated tables
	@$(RUN) --with terraform,tflint,terraform-docs python -m tools.lint

package: ## Build lambda/face_compare.zip
	@$(RUN) --with "" python -m tools.package

fmt: ## Format Terraform and Python
	@$(RUN) --with terraform python -m tools.fmt

docs: ## Write the tables of inputs and outputs
	@$(RUN) --with terraform-docs python -m tools.docs

requirements: ## Pin the newest Python packages that agree
	@$(PYTHON) -m tools.requirements

clean: ## Remove what was generated here (the cache of tools stays)
	@$(PYTHON) -m tools.clean
