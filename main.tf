data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.region

  # Regions of the partitions aws and aws-us-gov in which botocore knows a Rekognition endpoint.
  # tests/unit/test_regions.py fails when botocore's list moves on, so that this one follows.
  rekognition_regions = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-central-1",
    "eu-central-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "il-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
  ]

  # Of these, where Lambda gives a function no URL (its developer guide lists them).
  regions_without_function_url = [
    "ap-southeast-5",
    "ap-southeast-7",
    "eu-south-2",
    "il-central-1",
  ]

  # Known at plan whenever the input is: the policies can then be reviewed in the plan, and nothing
  # waits for a resource only to learn a name.
  bucket_name    = var.existing_bucket == null ? "${var.name}-${local.account_id}-${local.region}" : var.existing_bucket.name
  bucket_arn     = "arn:${local.partition}:s3:::${local.bucket_name}"
  log_group_name = "/aws/lambda/${var.name}"
  log_group_arn  = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group_name}"

  # IAM is global, the rest is regional: with the region in it the same name works in two regions.
  role_name = "${var.name}-${local.region}"

  photo_arns = [
    "${local.bucket_arn}/${var.prefixes.reference}*",
    "${local.bucket_arn}/${var.prefixes.challenge}*",
  ]
}
