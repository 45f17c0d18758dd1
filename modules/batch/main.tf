data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  dns_suffix = data.aws_partition.current.dns_suffix
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.region

  name       = coalesce(var.name, "${var.face_compare.function_name}-batch")
  bucket_arn = "arn:${local.partition}:s3:::${var.face_compare.bucket_name}"

  # Written out, since the role has to name the state machine before there is one.
  machine_arn    = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${local.name}"
  executions_arn = "arn:${local.partition}:states:${local.region}:${local.account_id}:execution:${local.name}"

  # The prefix that vended logs need: without it each log group enlarges one policy of the account,
  # which ends at 5120 characters.
  log_group_name = "/aws/vendedlogs/states/${local.name}"

  # IAM is global, the rest is regional: with the region in it the same name works in two regions.
  role_name = "${local.name}-${local.region}"

  # "unfinished/" below it is the function's: what a batch had decided before a passing fault.
  results_prefix    = "${var.face_compare.prefixes.results}batch/"
  unfinished_prefix = "${local.results_prefix}unfinished/"
}
