resource "aws_cloudwatch_log_group" "function" {
  name              = local.log_group_name
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.logs.retention_days
  tags              = var.tags

  lifecycle {
    # The only resource that always takes the key. CloudWatch Logs, S3 and the key share one region,
    # and both services say no more than that they cannot use it.
    precondition {
      condition     = var.kms_key_arn == null ? true : split(":", var.kms_key_arn)[3] == local.region
      error_message = "kms_key_arn names a key in ${try(split(":", var.kms_key_arn)[3], "another region")}, but the provider of this module is in ${local.region}. Give a key (or the replica of a multi-Region key) in ${local.region}."
    }
  }
}
