using System.Text.RegularExpressions;
using SparseTopK.TestKit;
using SparseTopK.TestKit.Documents;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>What the documents link to is there.</summary>
public sealed partial class LinkTests
{
    public static TheoryData<string> Documents => [.. MarkdownFile.All.Select(document => document.Path)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_file_and_heading_that_a_document_links_to_exists(string path)
    {
        var document = MarkdownFile.At(path);
        foreach (Match link in Link().Matches(document.Text))
        {
            var target = link.Groups["file"].Value;
            var file = target.Length == 0 ? path : Path.GetRelativePath("/", Path.GetFullPath(target, Path.GetFullPath(Path.GetDirectoryName(path)!, "/"))).Replace('\\', '/');
            Assert.True(Path.Exists(RepositoryRoot.Path(file)), $"{path} links to {target}, which is not there.");
            if (link.Groups["heading"] is { Success: true, Value: var heading })
            {
                Assert.Contains(heading, Heading().Matches(MarkdownFile.At(file).Text).Select(match => Anchor(match.Groups[1].Value)));
            }
        }
    }

    /// <summary>As the hosts of repositories make anchors: letters, digits, hyphens and underscores, in lower case, spaces as hyphens.</summary>
    private static string Anchor(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(letter => char.IsLetterOrDigit(letter) || letter is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex(@"\]\((?!\w+:)(?<file>[^)#\s]*)(\#(?<heading>[^)\s]+))?\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
