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
        var self = RepositoryRoot.Path(path);
        foreach (Match link in Link().Matches(MarkdownFile.At(path).Text))
        {
            var target = link.Groups["file"].Value;
            var file = target.Length == 0 ? self : Path.GetFullPath(target, Path.GetDirectoryName(self)!);
            Assert.True(Path.Exists(file), $"{path} links to {target}, which is not there.");
            if (link.Groups["heading"] is { Success: true, Value: var heading })
            {
                var document = MarkdownFile.At(Path.GetRelativePath(RepositoryRoot.Path(), file).Replace('\\', '/'));
                Assert.Contains(heading, Heading().Matches(document.Text).Select(match => Anchor(match.Groups[1].Value)));
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
