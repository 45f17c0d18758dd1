locals {
  # Used for each attribute that bucket.expiry_days leaves out. Null keeps reference images.
  default_expiry_days = {
    challenge         = 30
    incomplete_upload = 7
    manifests         = 30
    noncurrent        = 30
    reference         = null
    results           = 90
  }

  expiry_days = merge(local.default_expiry_days, {
    for name, days in merge({}, var.bucket.expiry_days) : name => days if days != null
  })

  expiring_prefixes = [
    for name in ["challenge", "manifests", "reference", "results"] : name if local.expiry_days[name] != null
  ]

  # The settings wait for the bucket and for nothing else. S3 refuses to write two of them at the same time
  # (OperationAborted). The provider repeats such a call, so they need not wait for each other.
  own_bucket = one(aws_s3_bucket.image[*].bucket)

  # The same name as local.bucket_name, but what uses this one waits for the bucket. An existing bucket's name is not
  # read from the data source: with depends_on on the module block, it would be unknown in the plan.
  bucket_in_use = local.owns_bucket ? local.own_bucket : local.bucket_name
}

data "aws_s3_bucket" "existing" {
  count = local.owns_bucket ? 0 : 1

  region = var.region
  bucket = var.bucket.existing.name

  lifecycle {
    # Rekognition reads images from a bucket of its own region only. Without this check, every comparison would fail
    # with InvalidS3ObjectException. (If S3 answers the provider's own HeadBucket with 301 MovedPermanently, the plan
    # fails with that error instead.) Not with local.region: it depends on terraform_data.origin. If a condition refers
    # to a resource that does not exist yet, Terraform reads the data source only during apply.
    postcondition {
      condition     = self.bucket_region == local.given_region
      error_message = <<-EOT
        The bucket "${self.bucket}" is in ${self.bucket_region}, but the stack is in
        ${local.given_region}. Rekognition reads images from its own region only: set
        region = "${self.bucket_region}", or give a bucket in ${local.given_region}.
      EOT
    }
  }
}

# Access logs would name every image once more, in a second bucket with an expiry of its own. Who read an object is in
# the account's CloudTrail data events; who was compared with whom is in the function's records.
# A replica in another region would be a second store of biometric data that each deletion and expiry has to reach, and
# Rekognition could not read it from there. Versioning protects against overwriting.
resource "aws_s3_bucket" "image" {
  #checkov:skip=CKV_AWS_18:Access logs would be a second list of every image; CloudTrail and the records have it.
  #checkov:skip=CKV_AWS_144:A replica would be a second store of biometric data that Rekognition cannot read.
  count = local.owns_bucket ? 1 : 0

  region        = var.region
  bucket        = local.bucket_name
  force_destroy = coalesce(var.bucket.force_destroy, false)
  tags          = var.tags

  # Terraform destroys in the opposite order: if S3 refuses to delete a bucket with images, the records are still there.
  depends_on = [aws_cloudwatch_log_group.function]
}

resource "aws_s3_bucket_lifecycle_configuration" "image" {
  #checkov:skip=CKV_AWS_300:A rule below aborts unfinished uploads, but checkov cannot resolve the count.
  count = local.owns_bucket ? 1 : 0

  region = var.region
  bucket = local.own_bucket

  dynamic "rule" {
    for_each = local.expiring_prefixes

    content {
      id     = "expire-${rule.value}"
      status = "Enabled"

      filter {
        prefix = var.bucket.prefixes[rule.value]
      }

      expiration {
        days = local.expiry_days[rule.value]
      }
    }
  }

  # With versioning, an expiry only hides an image. This rule removes it, below every prefix.
  rule {
    id     = "remove-noncurrent-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = local.expiry_days.noncurrent
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = local.expiry_days.incomplete_upload
    }

    expiration {
      expired_object_delete_marker = true
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "image" {
  count = local.owns_bucket ? 1 : 0

  region = var.region
  bucket = local.own_bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "image" {
  count = local.owns_bucket ? 1 : 0

  region = var.region
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
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "DenyOldTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
      },
      {
        # With a key that only the uploader has, Rekognition cannot read the image, and anyone who may overwrite
        # images could hold them to ransom. Since April 2026 most buckets refuse such keys by default, but only until
        # somebody allows them again.
        Sid       = "DenyCustomerProvidedKeys"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/*"
        Condition = { Null = { "s3:x-amz-server-side-encryption-customer-algorithm" = "false" } }
      },
    ]
  })
}

resource "aws_s3_bucket_public_access_block" "image" {
  count = local.owns_bucket ? 1 : 0

  region = var.region
  bucket = local.own_bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
  # It stays until the bucket is deleted. Terraform destroys the settings first. If S3 then refuses to delete the
  # bucket, its images must not be without this block.
  skip_destroy = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "image" {
  count = local.owns_bucket ? 1 : 0

  region = var.region
  bucket = local.own_bucket

  rule {
    # One data key for the bucket instead of one KMS call per image.
    bucket_key_enabled = local.has_customer_key

    apply_server_side_encryption_by_default {
      kms_master_key_id = var.kms_key_arn
      sse_algorithm     = local.has_customer_key ? "aws:kms" : "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "image" {
  count = local.owns_bucket ? 1 : 0

  region = var.region
  bucket = local.own_bucket

  versioning_configuration {
    status = "Enabled"
  }
}
