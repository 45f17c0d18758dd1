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

  # Unknown at plan while the key is. It may decide about arguments, never about a count.
  has_customer_key = var.face_compare.kms_key_arn != null

  # Written out, because the role has to name the state machine before it exists.
  machine_arn    = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${local.name}"
  executions_arn = "arn:${local.partition}:states:${local.region}:${local.account_id}:execution:${local.name}"

  # The prefix that vended logs need: without it each log group enlarges one policy of the account, which is limited to
  # 5120 characters.
  log_group_name = "/aws/vendedlogs/states/${local.name}"

  # IAM is global and everything else regional: with the region in it, one name works in two regions.
  role_name = "${local.name}-${local.region}"

  # The function keeps what an interrupted batch had decided below "unfinished/".
  results_prefix = "${var.face_compare.prefixes.results}batch/"
  results_arn    = "${local.bucket_arn}/${local.results_prefix}"
  unfinished_arn = "${local.results_arn}unfinished/"
  manifests_arn  = "${local.bucket_arn}/${var.face_compare.prefixes.manifests}"
}
