resource "aws_cloudwatch_log_group" "batch" {
  #checkov:skip=CKV_AWS_338:Laws on biometric data ask for a limit, and log_retention_days can set a year.
  region            = var.face_compare.region
  name              = local.log_group_name
  kms_key_id        = var.face_compare.kms_key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
