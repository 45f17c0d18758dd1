provider "aws" {
  region = var.region
}

# Stands for the bucket you have. It is made in the same configuration here, to show that this is possible.
resource "aws_s3_bucket" "image" {
  #checkov:skip=CKV_AWS_18:It stands for a bucket that exists already; its owner decides on access logs.
  #checkov:skip=CKV_AWS_144:It stands for a bucket that exists; a replica would be a second store of biometric data.
  bucket_prefix = "${var.name}-images-"
}

resource "aws_s3_bucket_public_access_block" "image" {
  bucket = aws_s3_bucket.image.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "image" {
  bucket = aws_s3_bucket.image.id

  versioning_configuration {
    status = "Enabled"
  }
}

module "face_compare" {
  # Outside this repository:
  # source  = "OWNER/face-compare/aws"
  # version = "~> 0.1"
  source = "../.."

  name      = var.name
  bucket    = { existing = { name = aws_s3_bucket.image.id } }
  on_upload = {}
}

# The module changes nothing of a bucket that it does not own. A bucket has only one notification configuration: in
# yours, add these to what is there.
resource "aws_s3_bucket_notification" "image" {
  bucket      = aws_s3_bucket.image.id
  eventbridge = module.face_compare.upload_notification.eventbridge

  dynamic "queue" {
    for_each = module.face_compare.upload_notification.filters

    content {
      events        = module.face_compare.upload_notification.events
      filter_prefix = queue.value.filter_prefix
      filter_suffix = queue.value.filter_suffix
      queue_arn     = module.face_compare.upload_notification.queue_arn
    }
  }
}
