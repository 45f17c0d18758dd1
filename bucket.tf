# Every resource here hangs on existing_bucket alone, never on a name or an ARN: how many there are
# is then known at plan even when those values are not.
locals {
  # The same name as local.bucket_name, and with it the promise that the bucket is there.
  bucket_in_use = one(concat(aws_s3_bucket.photos[*].bucket, data.aws_s3_bucket.existing[*].bucket))

  # The settings wait for the bucket and for nothing else. S3 refuses some of them while another is
  # being written (OperationAborted); the provider repeats that call by itself, so no chain is needed.
  own_bucket = one(aws_s3_bucket.photos[*].bucket)
}

data "aws_s3_bucket" "existing" {
  count = var.existing_bucket == null ? 0 : 1

  bucket = var.existing_bucket.name

  lifecycle {
    # Rekognition reads photos from a bucket of its own region only. Found here, it costs a plan;
    # found later, every comparison fails with InvalidS3ObjectException. (Where S3 answers the
    # provider's own HeadBucket with 301 MovedPermanently, the plan ends on that error instead.)
    postcondition {
      condition     = self.bucket_region == local.region
      error_message = "The bucket \"${self.bucket}\" is in ${self.bucket_region}, but the provider of this module is in ${local.region}. Rekognition reads photos from its own region only: give the module a provider of ${self.bucket_region}, or a bucket in ${local.region}."
    }
  }
}

resource "aws_s3_bucket" "photos" {
  #checkov:skip=CKV_AWS_18:Access logs name every photo once more and need a second bucket with its own expiry. Who read an object is for the account's CloudTrail data events; who was compared with whom is in the function's records.
  #checkov:skip=CKV_AWS_144:A replica in another region is a second store of biometric data that every deletion and expiry would have to reach, and Rekognition could not read it from there. Versioning guards against overwriting.
  count = var.existing_bucket == null ? 1 : 0

  bucket        = local.bucket_name
  force_destroy = var.bucket.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_lifecycle_configuration" "photos" {
  #checkov:skip=CKV_AWS_300:The rule remove-what-is-hidden aborts unfinished uploads in the whole bucket (tests/bucket.tftest.hcl); checkov loses it where the dynamic rule and the count are unknown to it.
  count = var.existing_bucket == null ? 1 : 0

  bucket = local.own_bucket

  rule {
    id     = "expire-challenge-photos"
    status = "Enabled"

    filter {
      prefix = var.prefixes.challenge
    }

    expiration {
      days = var.expiry_days.challenge
    }
  }

  rule {
    id     = "expire-manifests"
    status = "Enabled"

    filter {
      prefix = var.prefixes.manifests
    }

    expiration {
      days = var.expiry_days.manifests
    }
  }

  rule {
    id     = "expire-results"
    status = "Enabled"

    filter {
      prefix = var.prefixes.results
    }

    expiration {
      days = var.expiry_days.results
    }
  }

  dynamic "rule" {
    for_each = var.expiry_days.reference == null ? [] : [var.expiry_days.reference]

    content {
      id     = "expire-reference-photos"
      status = "Enabled"

      filter {
        prefix = var.prefixes.reference
      }

      expiration {
        days = rule.value
      }
    }
  }

  # With versioning an expiry only hides a photo. This rule is what removes it, in every prefix.
  rule {
    id     = "remove-what-is-hidden"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.expiry_days.noncurrent
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = var.expiry_days.incomplete_upload
    }

    expiration {
      expired_object_delete_marker = true
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "photos" {
  count = var.existing_bucket == null ? 1 : 0

  bucket = local.own_bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "photos" {
  count = var.existing_bucket == null ? 1 : 0

  bucket = local.own_bucket

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyPlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = {
          Bool = { "aws:SecureTransport" = "false" }
        }
      },
      {
        Sid       = "DenyOldTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = {
          NumericLessThan = { "s3:TlsVersion" = "1.2" }
        }
      },
      {
        # With a key that only the uploader has, Rekognition cannot read the photo, and whoever may
        # overwrite photos could hold them to ransom. Most buckets refuse such keys by themselves
        # since April 2026, but only until somebody allows them again.
        Sid       = "DenyCustomerProvidedKeys"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/*"
        Condition = {
          Null = { "s3:x-amz-server-side-encryption-customer-algorithm" = "false" }
        }
      },
    ]
  })
}

resource "aws_s3_bucket_public_access_block" "photos" {
  count = var.existing_bucket == null ? 1 : 0

  bucket = local.own_bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "photos" {
  count = var.existing_bucket == null ? 1 : 0

  bucket = local.own_bucket

  rule {
    # One data key for the bucket in place of one KMS call a photo.
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      kms_master_key_id = var.kms_key_arn
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
    }
  }
}

resource "aws_s3_bucket_versioning" "photos" {
  count = var.existing_bucket == null ? 1 : 0

  bucket = local.own_bucket

  versioning_configuration {
    status = "Enabled"
  }
}
