data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  dns_suffix = data.aws_partition.current.dns_suffix
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.region

  # What the inputs switch on. `x != null` is known at plan even if the attributes of x are not, so these can decide how
  # many resources there are.
  has_alarms       = var.monitoring.alarms != null
  has_function_url = var.function_url != null
  has_network      = var.network != null
  has_uploads      = var.on_upload != null
  owns_bucket      = var.bucket.existing == null

  # The exception: unknown at plan while the key is. It may decide about arguments, never about a count.
  has_customer_key = var.kms_key_arn != null

  # Names and ARNs are written out, not taken from resources. The policies can then be reviewed in the plan, and no
  # resource waits for another only to learn its name.
  bucket_name    = local.owns_bucket ? "${var.name}-${local.account_id}-${local.region}" : var.bucket.existing.name
  bucket_arn     = "arn:${local.partition}:s3:::${local.bucket_name}"
  function_arn   = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}"
  log_group_name = "/aws/lambda/${var.name}"
  log_group_arn  = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group_name}"

  # IAM is global and everything else regional: with the region in it, one name works in two regions.
  role_name = "${var.name}-${local.region}"
}
