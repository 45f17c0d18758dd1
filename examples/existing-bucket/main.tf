provider "aws" {
  region = var.region
}

# Stands for the bucket you have. Here it is made in the same configuration, to show that it can be.
resource "aws_s3_bucket" "photos" {
  #checkov:skip=CKV_AWS_18:It stands for a bucket that is there already; its owner decides on access logs.
  #checkov:skip=CKV_AWS_144:It stands for a bucket that is there already; a replica would be a second store of biometric data.
  bucket_prefix = "${var.name}-photos-"
}

resource "aws_s3_bucket_public_access_block" "photos" {
  bucket = aws_s3_bucket.photos.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "photos" {
  bucket = aws_s3_bucket.photos.id

  versioning_configuration {
    status = "Enabled"
  }
}

module "face_compare" {
  source = "../.."

  name            = var.name
  existing_bucket = { name = aws_s3_bucket.photos.id }
  on_upload       = {}
}

# The module changes nothing of a bucket that is not its own. A bucket has one notification
# configuration: in yours, add these to what is there.
resource "aws_s3_bucket_notification" "photos" {
  bucket      = aws_s3_bucket.photos.id
  eventbridge = module.face_compare.upload_notification.eventbridge

  queue {
    events        = module.face_compare.upload_notification.events
    filter_prefix = module.face_compare.upload_notification.filter_prefix
    queue_arn     = module.face_compare.upload_notification.queue_arn
  }
}
