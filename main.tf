data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# Remembers what the stack was made with. Every name, ARN and policy comes from here, for two reasons:
# - If name, region or account change, Terraform would delete the bucket and the log group with everything in them, and
#   create empty ones. So such a change is refused at plan.
# - If the module block has depends_on, and something that it names changes, Terraform reads the data sources above only
#   during apply. Names that come from them would be unknown in the plan, and an unknown name replaces a bucket.
# `input` is known in the first plan already. From then on ignore_changes keeps what is in the state.
resource "terraform_data" "origin" {
  input = {
    account_id  = data.aws_caller_identity.current.account_id
    dns_suffix  = data.aws_partition.current.dns_suffix
    name        = var.name
    owns_bucket = local.owns_bucket
    partition   = data.aws_partition.current.partition
    region      = local.given_region
  }

  lifecycle {
    ignore_changes = [input]

    precondition {
      condition = local.region_allowed
      error_message = join(" ", [
        "This version of the module does not list Amazon Rekognition in ${local.given_region}. Set region to one of",
        "${join(", ", keys(local.regions))}. If Rekognition is now available in ${local.given_region}, set",
        "allow_unlisted_region = true.",
      ])
    }

    postcondition {
      condition = self.input.account_id == data.aws_caller_identity.current.account_id
      error_message = join(" ", [
        "The stack \"${self.input.name}\", with its images and records, is in account ${self.input.account_id}, but",
        "the provider of this module is now in account ${data.aws_caller_identity.current.account_id}: use",
        "credentials of account ${self.input.account_id}, or make a second stack, as",
        "docs/operations.md#move-or-rename-a-stack says.",
      ])
    }

    postcondition {
      condition = self.input.region == local.given_region
      error_message = join(" ", [
        "The stack \"${self.input.name}\" is in ${self.input.region}. The input region, or without it the provider,",
        "now says ${local.given_region}, but images and records cannot move there: set region =",
        "\"${self.input.region}\", or make a second stack, as docs/operations.md#move-or-rename-a-stack says.",
      ])
    }

    postcondition {
      condition = self.input.name == var.name
      error_message = join(" ", [
        "The stack \"${self.input.name}\" cannot be renamed to \"${var.name}\", because Terraform would delete the",
        "bucket and the log group, and make empty ones: set name = \"${self.input.name}\", or make a second stack, as",
        "docs/operations.md#move-or-rename-a-stack says.",
      ])
    }

    postcondition {
      condition = !self.input.owns_bucket || local.owns_bucket
      error_message = join(" ", [
        "With bucket.existing, Terraform would delete the bucket that the module made for the stack",
        "\"${self.input.name}\": remove bucket.existing, or take that bucket out of the state first, as",
        "docs/operations.md#change-the-bucket-of-a-stack says.",
      ])
    }

    postcondition {
      condition = self.input.owns_bucket || !local.owns_bucket
      error_message = join(" ", [
        "The stack \"${self.input.name}\" uses an existing bucket. Without bucket.existing, it would look for images",
        "in a new and empty one: set bucket.existing again, or change to a bucket that the module makes, as",
        "docs/operations.md#change-the-bucket-of-a-stack says.",
      ])
    }
  }
}

locals {
  # The region that the configuration asks for. If it is not that of local.region below, the plan is refused.
  # Resources have var.region as their region, never this value. With depends_on on the module block it is unknown in a
  # first plan, and the provider then fails ("planned an invalid value for … region").
  given_region = coalesce(var.region, data.aws_region.current.region)

  account_id = terraform_data.origin.input.account_id
  dns_suffix = terraform_data.origin.input.dns_suffix
  name       = terraform_data.origin.input.name
  partition  = terraform_data.origin.input.partition
  region     = terraform_data.origin.input.region

  # What the inputs switch on. `x != null` is known at plan even if the attributes of x are not. So these values can
  # decide how many resources there are.
  has_alarms       = var.monitoring.alarms != null
  has_function_url = var.function_url != null
  has_network      = var.network != null
  has_uploads      = var.on_upload != null
  owns_bucket      = var.bucket.existing == null

  # The exception: it is unknown at plan if the key is. It may decide about arguments, never about a count.
  has_customer_key = var.kms_key_arn != null

  # Names and ARNs are written out, not taken from resources. The policies can then be reviewed in the plan, and no
  # resource waits for another only to learn its name.
  bucket_name    = local.owns_bucket ? "${local.name}-${local.account_id}-${local.region}" : var.bucket.existing.name
  bucket_arn     = "arn:${local.partition}:s3:::${local.bucket_name}"
  function_arn   = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.name}"
  log_group_name = "/aws/lambda/${local.name}"
  log_group_arn  = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group_name}"

  # IAM is global, and everything else is regional. With the region in it, one name works in two regions.
  role_name = "${local.name}-${local.region}"
}
