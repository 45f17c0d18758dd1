data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

# Remembers what the state machine was made with, as the root module does for the stack. After a change of name or
# region, Terraform would create another one, and delete the log and the history of runs with the old one. Account and
# region are those of the function.
resource "terraform_data" "origin" {
  input = {
    account_id = var.face_compare.origin.account_id
    name       = local.given_name
    region     = var.face_compare.origin.region
  }

  lifecycle {
    ignore_changes = [input]

    precondition {
      condition = var.face_compare.origin.account_id == data.aws_caller_identity.current.account_id
      error_message = join(" ", [
        "The provider of this module is in account ${data.aws_caller_identity.current.account_id}, but face_compare is",
        "in account ${var.face_compare.origin.account_id}: give this module a provider of that account.",
      ])
    }

    precondition {
      condition = local.given_region == var.face_compare.origin.region
      error_message = join(" ", [
        "The provider of this module is in ${local.given_region}, but face_compare is in",
        "${var.face_compare.origin.region}: give this module a provider of that region, or set region =",
        "\"${var.face_compare.origin.region}\" in the block of face_compare.",
      ])
    }

    postcondition {
      condition = (
        self.input.account_id == var.face_compare.origin.account_id &&
        self.input.region == var.face_compare.origin.region
      )
      error_message = join(" ", [
        "The state machine \"${self.input.name}\", with the history of its runs, is in ${self.input.region} of account",
        "${self.input.account_id}, but face_compare is now a stack in ${var.face_compare.origin.region} of account",
        "${var.face_compare.origin.account_id}: set face_compare to a stack in the same place, or",
        "make a second block of this module, as docs/operations.md#move-or-rename-a-stack says.",
      ])
    }

    postcondition {
      condition = self.input.name == local.given_name
      error_message = join(" ", [
        "The state machine \"${self.input.name}\" cannot be renamed to \"${local.given_name}\", because Terraform",
        "would delete the log and the history of its runs: set name = \"${self.input.name}\", or make a second block",
        "of this module, as docs/operations.md#move-or-rename-a-stack says.",
      ])
    }
  }
}

locals {
  given_name   = coalesce(var.name, "${var.face_compare.function_name}-batch")
  given_region = coalesce(var.face_compare.region, data.aws_region.current.region)

  account_id = terraform_data.origin.input.account_id
  dns_suffix = var.face_compare.origin.dns_suffix
  name       = terraform_data.origin.input.name
  partition  = var.face_compare.origin.partition
  region     = terraform_data.origin.input.region

  bucket_arn = "arn:${local.partition}:s3:::${var.face_compare.bucket_name}"

  # Unknown at plan if the key is. It may decide about arguments, never about a count.
  has_customer_key = var.face_compare.kms_key_arn != null

  # Written out, because the role has to name the state machine before it exists.
  machine_arn    = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${local.name}"
  executions_arn = "arn:${local.partition}:states:${local.region}:${local.account_id}:execution:${local.name}"

  # Logs that an AWS service delivers should have this prefix. Without it, each log group enlarges one policy of the
  # account, which is limited to 5120 characters.
  log_group_name = "/aws/vendedlogs/states/${local.name}"

  # IAM is global, and everything else is regional. With the region in it, one name works in two regions.
  role_name = "${local.name}-${local.region}"

  # Below "unfinished/", the function keeps what is decided in a batch that was interrupted.
  results_prefix = "${var.face_compare.prefixes.results}batch/"
  results_arn    = "${local.bucket_arn}/${local.results_prefix}"
  unfinished_arn = "${local.results_arn}unfinished/"
  manifests_arn  = "${local.bucket_arn}/${var.face_compare.prefixes.manifests}"
}
