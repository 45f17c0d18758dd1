# What a function in a VPC needs in addition. This policy is separate, because it must exist before Lambda places the
# function. The other policy can be written at the same time as the function.
# Lambda also needs this policy to remove its network interfaces, minutes after the function is deleted. Nothing in this
# module can wait for that. If the provider destroys the subnets or security groups too, it waits, and deletes the
# interfaces itself. For a VPC of another configuration, examples/private-network/README.md has the order.
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
  count = local.has_network ? 1 : 0

  name = "network"
  role = aws_iam_role.function.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Lambda creates the interfaces with the function's role. Account and region are the narrowest possible limits:
        # Lambda checks the permission before the interface has an id, and does not place a function whose role names
        # only subnets or groups (the developer guide gives this form). If another account shares its subnets and
        # groups, their ARNs have the id of that account. Each action is also about an interface, and the ARN of an
        # interface always has the id of this account.
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
        # EC2 does not accept a resource for actions that describe.
        Sid      = "SeeNetwork"
        Effect   = "Allow"
        Action   = local.network_read_actions
        Resource = "*"
      },
      {
        # The permissions are for the Lambda service. Calls of the function's own code have this key, and are denied:
        # the code does not need interfaces.
        Sid       = "KeepCodeFromNetwork"
        Effect    = "Deny"
        Action    = concat(local.network_write_actions, local.network_read_actions)
        Resource  = "*"
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
      },
    ]
  })
}
