terraform {
  # OpenTofu reads the same file; 1.8 is the oldest OpenTofu the module is meant for.
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.13"
    }
  }
}
