resource "aws_cloudwatch_log_group" "function" {
  #checkov:skip=CKV_AWS_338:Laws on biometric data ask for a limit, and log_retention_days can set a year.
  region            = var.region
  name              = local.log_group_name
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags

  lifecycle {
    # Checked here because the log group uses the key in every configuration. CloudWatch Logs and S3 need a key of their
    # own region, and would only say that they cannot use this one.
    precondition {
      condition     = local.has_customer_key ? split(":", var.kms_key_arn)[3] == local.region : true
      error_message = <<-EOT
        kms_key_arn names a key in ${try(split(":", var.kms_key_arn)[3], "another region")}, but the stack is
        in ${local.region}. Give a key (or the replica of a multi-Region key) in
        ${local.region}.
      EOT
    }
  }
}
