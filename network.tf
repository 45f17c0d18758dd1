# What a function inside a VPC needs on top. A policy of its own: it has to be there before Lambda
# places the function, while the other policy may be written at the same time as the function is
# made. Lambda also needs it to take its network interfaces away again, minutes after the function is
# gone, and nothing in here can wait for that: the provider does so where it destroys their subnets or
# security groups, and deletes the interfaces itself. For a VPC of another configuration
# examples/private-network/README.md has the order.
locals {
  network_write_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
  ]

  network_read_actions = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
}

resource "aws_iam_role_policy" "network" {
  count = var.network == null ? 0 : 1

  name = "network"
  role = aws_iam_role.function.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Lambda makes the interfaces in the role's name. The account and region are as narrow as it
        # gets: Lambda checks the right before the interface has an id, and refuses to place a
        # function whose role names subnets or groups only (the developer guide gives this form).
        # Subnets and groups that another account shares have that account's id in their ARN; an
        # interface, which each of the actions is about, stays this account's.
        Sid    = "PlaceInNetwork"
        Effect = "Allow"
        Action = local.network_write_actions
        Resource = [
          "arn:${local.partition}:ec2:${local.region}:${local.account_id}:*/*",
          "arn:${local.partition}:ec2:${local.region}:*:security-group/*",
          "arn:${local.partition}:ec2:${local.region}:*:subnet/*",
        ]
      },
      {
        # EC2 knows no resource for what describes.
        Sid      = "SeeNetwork"
        Effect   = "Allow"
        Action   = local.network_read_actions
        Resource = "*"
      },
      {
        # The rights are for the service. Calls of the function's own code carry this key, and are
        # denied: it has no business with interfaces.
        Sid      = "KeepCodeFromNetwork"
        Effect   = "Deny"
        Action   = concat(local.network_write_actions, local.network_read_actions)
        Resource = "*"
        Condition = {
          ArnEquals = {
            "lambda:SourceFunctionArn" = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}"
          }
        }
      },
    ]
  })
}
